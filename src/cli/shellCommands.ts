/**
 * Commands that a person pastes into the shell that they have. Pure: what the shell is, and the texts for it.
 *
 * 1. Each printed command is one line and runs as printed in its shell.
 * 2. No value can end its quotes: each shell's own quoting is applied to every argument.
 */
import { assertNever } from "../model/assertNever";

export type Shell = "posix" | "fish" | "powershell" | "cmd";

export interface ShellSurroundings {
  readonly platform: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * The shell that started us, as far as the environment tells. PowerShell puts the user's own folder before the
 * machine's two in `PSModulePath`; under cmd there are only those two. Git Bash sets `MSYSTEM`.
 */
export function detectShell({ platform, env }: ShellSurroundings): Shell {
  if (platform === "win32") {
    if (env["MSYSTEM"] !== undefined) return "posix";
    return (env["PSModulePath"] ?? "").split(";").filter((part) => part !== "").length > 2
      ? "powershell"
      : "cmd";
  }
  if (env["PSModulePath"] !== undefined) return "powershell";
  return /(^|\/)fish$/.test(env["SHELL"] ?? "") ? "fish" : "posix";
}

/** One argument, quoted for the shell when it needs it. */
export function quote(shell: Shell, text: string): string {
  if (/^[A-Za-z0-9_./:=+-]+$/.test(text)) return text;
  switch (shell) {
    case "posix":
      return `'${text.replaceAll("'", `'\\''`)}'`;
    case "fish":
      return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
    case "powershell":
      return `'${text.replaceAll("'", "''")}'`;
    case "cmd":
      return `"${text.replaceAll('"', '\\"')}"`;
    default:
      return assertNever(shell);
  }
}

/** A program with its arguments. */
export function commandLine(shell: Shell, words: readonly string[]): string {
  const line = words.map((word) => quote(shell, word)).join(" ");
  // A quoted first word is a text to PowerShell, not a program.
  return shell === "powershell" && line.startsWith("'") ? `& ${line}` : line;
}

export interface SubmitCall {
  readonly url: string;
  /** Sent as JSON. ASCII only, which every shell's pipe passes on unchanged. */
  readonly body: unknown;
  /** The command that prints a bearer token. */
  readonly tokenCommand: readonly string[];
  readonly platform: string;
}

/** A `curl` that posts the body with a fresh token. */
export function curlCommand(shell: Shell, call: SubmitCall): string {
  const json = JSON.stringify(call.body);
  const token = commandLine(shell, call.tokenCommand);
  const url = quote(shell, call.url);
  const type = '-H "Content-Type: application/json"';
  switch (shell) {
    case "posix":
      return `curl -sS -X POST -H "Authorization: Bearer $(${token})" ${type} -d ${quote(shell, json)} ${url}`;
    case "fish":
      return `curl -sS -X POST -H "Authorization: Bearer "(${token}) ${type} -d ${quote(shell, json)} ${url}`;
    case "powershell": {
      // Versions of PowerShell differ in how they pass quotes to a program, so the body goes through a pipe.
      const curl = call.platform === "win32" ? "curl.exe" : "curl";
      return `${quote(shell, json)} | ${curl} -sS -X POST -H "Authorization: Bearer $(${token})" ${type} -d "@-" ${url}`;
    }
    case "cmd":
      return (
        `for /f "delims=" %t in ('${token}') do @curl -sS -X POST -H "Authorization: Bearer %t" ` +
        `${type} -d ${quote(shell, json)} ${url}`
      );
    default:
      return assertNever(shell);
  }
}
