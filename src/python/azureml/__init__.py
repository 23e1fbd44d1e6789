"""The part of the azureml namespace that a step's script imports: azureml.core.Run. Standard library only."""
