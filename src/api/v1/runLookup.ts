/** Whether an id names a run of either kind, for routes whose answer would be empty otherwise. */
import type { ApiRooms } from "../apiRooms";

export async function isRun({ runs }: ApiRooms, id: string): Promise<boolean> {
  return (await runs.find(id)) !== undefined || (await runs.findStepRun(id)) !== undefined;
}
