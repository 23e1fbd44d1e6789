/** Log levels of host.json, least to most severe. */
export const logLevels = ["trace", "debug", "information", "warning", "error", "critical", "none"] as const;
export type LogLevel = (typeof logLevels)[number];

/** The level of a text such as "Warning"; undefined when it is none. */
export function findLogLevel(text: string): LogLevel | undefined {
  return logLevels.find((level) => level === text.toLowerCase());
}

/** `logging.logLevel` of host.json: lower-case category prefix to level; `default` for the rest. */
export type LogFilter = ReadonlyMap<string, LogLevel>;

/** Whether a category is heard at a level: the longest prefix that matches decides. */
export function isHeard(filter: LogFilter, category: string, level: LogLevel): boolean {
  const name = category.toLowerCase();
  let best = "";
  for (const prefix of filter.keys()) {
    if (prefix.length > best.length && (name === prefix || name.startsWith(`${prefix}.`))) best = prefix;
  }
  const threshold = filter.get(best) ?? filter.get("default") ?? "information";
  return threshold !== "none" && logLevels.indexOf(level) >= logLevels.indexOf(threshold);
}
