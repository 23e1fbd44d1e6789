/** Where outputs of a run are. Source: spec azureml-v1-wire.md §3.3, §6.6. */
import { literalText, name, text, wireObject } from "./wireType";
