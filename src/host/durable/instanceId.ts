const maxLength = 256;

/** Why a text cannot be an instance id, or null when it can. */
export function checkInstanceId(id: string): string | null {
  if (id.trim() === "") return "An instance id must not be blank.";
  if (id.startsWith("@")) return "Instance ids starting with '@' belong to entities.";
  if (id.length > maxLength)
    return `An instance id has at most ${maxLength} characters; this one has ${id.length}.`;
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[/\\#?\u0000-\u001f\u007f-\u009f]/.test(id))
    return "An instance id must not contain / \\ # ? or control characters.";
  return null;
}
