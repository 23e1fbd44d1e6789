/** Settings of the app: local.settings.json below the real environment, and `%NAME%` expressions over both. */

/** The app's settings cannot be read. */
export class AppSettingsError extends Error {}

/** `Values` of local.settings.json; throws when the file is encrypted or a value is not a text. */
export function parseLocalSettings(json: string): Readonly<Record<string, string>> {
  const root = parseFile(json);
  if (root.IsEncrypted === true)
    throw new AppSettingsError("local.settings.json is encrypted; decrypt it with `func settings decrypt`.");
  const values = typeof root.Values === "object" && root.Values !== null ? root.Values : {};
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, toText(name, value)]));
}

function parseFile(json: string): { readonly IsEncrypted?: unknown; readonly Values?: unknown } {
  try {
    return JSON.parse(json.replace(/^\uFEFF/, "")) as ReturnType<typeof parseFile>;
  } catch (error) {
    throw new AppSettingsError(`local.settings.json is not valid JSON: ${String(error)}`);
  }
}

function toText(name: string, value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  throw new AppSettingsError(`local.settings.json: the value "${name}" must be a text.`);
}

/** Replaces every `%NAME%` by its setting; throws naming the first one that is missing. */
export function resolveSettings(
  text: string,
  settings: Readonly<Record<string, string | undefined>>,
): string {
  return text.replace(/%([^%\s]+)%/g, (_, name: string) => {
    const value = settings[name];
    if (value === undefined) throw new AppSettingsError(`the app setting '${name}' does not exist`);
    return value;
  });
}

/** Whether `AzureWebJobs.<name>.Disabled` (or its underscore form) switches the function off. */
export function isDisabled(name: string, settings: Readonly<Record<string, string | undefined>>): boolean {
  const value = settings[`AzureWebJobs.${name}.Disabled`] ?? settings[`AzureWebJobs_${name}_Disabled`];
  return value !== undefined && /^(true|1)$/i.test(value);
}
