/** The signing key of local tokens, which app and command share. */
import { localKey, localKeyFile } from "./localKey";

const name = "token-key";

export const localTokenKeyFile = (dataDir: string): string => localKeyFile(dataDir, name);

export const localTokenKey = (dataDir: string): Promise<Uint8Array> => localKey(dataDir, name);
