/** Containers that belong to the app, to its engine or to the storage itself. */
export function isSystemContainer(container: string): boolean {
  return container.startsWith("$") || container.startsWith("azure-webjobs-") || container === "sluice-system";
}
