/** The creation body of an uploaded entity, as it came. */
import type { UploadedEntity } from "../../pipelines/uploadedEntityStore";

export function parseUploaded({ text }: UploadedEntity): Readonly<Record<string, unknown>> {
  return JSON.parse(text) as Readonly<Record<string, unknown>>;
}
