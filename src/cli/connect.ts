/** The workspace of the local service, signed with the key of its data folder. */
import { localTokenKey } from "../contract/localTokenKey";
import { localAudience, roles, signLocalToken } from "../contract/localToken";
import { Workspace } from "../sdk/workspace";
import { CliError } from "./cliError";
import { readServiceNote } from "./dataFolder";

const hourMs = 3_600_000;

/** The key that signs this folder's tokens, made when there is none; a key that cannot be used is one sentence. */
export async function tokenKeyOf(dataFolder: string): Promise<Uint8Array> {
  try {
    return await localTokenKey(dataFolder);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new CliError(
      "code" in error
        ? `The token key in the data folder ${dataFolder} cannot be used: ${error.message}.`
        : error.message,
    );
  }
}

/** A bearer token that may do everything, for one hour. Makes the key when the folder has none. */
export async function localToken(dataFolder: string): Promise<string> {
  const key = await tokenKeyOf(dataFolder);
  const claims = { subject: "local", roles };
  return signLocalToken(key, claims, { audience: localAudience, issuedAt: new Date(), lifetimeMs: hourMs });
}

/** A client of the service at `baseUrl`; its tokens are renewed well before they expire. */
export function openWorkspace(baseUrl: string, dataFolder: string): Workspace {
  let issued: { readonly token: Promise<string>; readonly at: number } | undefined;
  const token = (): Promise<string> => {
    const now = performance.now();
    if (issued === undefined || now - issued.at > hourMs / 2)
      issued = { token: localToken(dataFolder), at: now };
    return issued.token;
  };
  return new Workspace({ baseUrl, token });
}

/** The workspace of the service that runs on this data folder. */
export async function connect(dataFolder: string): Promise<Workspace> {
  const note = await readServiceNote(dataFolder);
  if (note !== undefined) return openWorkspace(note.url, dataFolder);
  throw new CliError(`No Sluice runs on the data folder ${dataFolder}: start it with npm start.`);
}
