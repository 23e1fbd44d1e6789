/**
 * A blob event in either of Event Grid's schemas, as one form. Pure. Whatever comes, reading it gives a value: what
 * cannot be used is told by `parseBlobEvent`. Source: spec azureml-v1.md §6.4.
 */
import type { BlobEvent } from "./schedules";

export function readBlobEvent(event: unknown): BlobEvent {
  const given: Readonly<Record<string, unknown>> =
    typeof event === "object" && event !== null ? { ...event } : {};
  const isCloudEvent = typeof given["specversion"] === "string";
  const textOf = (key: string): string => {
    const value = given[key];
    return typeof value === "string" ? value : "";
  };
  const eventTime = textOf(isCloudEvent ? "time" : "eventTime");
  return {
    id: textOf("id"),
    eventType: textOf(isCloudEvent ? "type" : "eventType"),
    subject: textOf("subject"),
    ...(eventTime !== "" && { eventTime }),
    data: given["data"],
  };
}
