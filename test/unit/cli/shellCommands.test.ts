import { describe, expect, test } from "@jest/globals";
import { commandLine, curlCommand, detectShell, quote } from "../../../src/cli/shellCommands";

const url = "http://127.0.0.1:7071/pipelines/v1.0/x/PipelineRuns/PipelineEndpointSubmit/Id/7";
const call = {
  url,
  body: { ExperimentName: "tumour", ParameterAssignments: { learning_rate: "1.0" } },
  tokenCommand: ["node", "bin/sluice.mjs", "token"],
  platform: "linux",
};

describe("detectShell", () => {
  test.each([
    ["linux", { SHELL: "/bin/bash" }, "posix"],
    ["darwin", { SHELL: "/bin/zsh" }, "posix"],
    ["linux", {}, "posix"],
    ["linux", { SHELL: "/usr/bin/fish" }, "fish"],
    ["linux", { SHELL: "/bin/bash", PSModulePath: "/home/a/.local/share/powershell/Modules" }, "powershell"],
    [
      "win32",
      { PSModulePath: "C:\\Users\\a\\Documents\\PowerShell\\Modules;C:\\Program Files\\M;C:\\W\\M" },
      "powershell",
    ],
    ["win32", { PSModulePath: "C:\\Program Files\\M;C:\\W\\M" }, "cmd"],
    ["win32", { MSYSTEM: "MINGW64", PSModulePath: "C:\\Program Files\\M;C:\\W\\M" }, "posix"],
    ["win32", {}, "cmd"],
  ])("on %s with %j is %s", (platform, env, shell) => {
    expect(detectShell({ platform, env })).toBe(shell);
  });
});

describe("quote", () => {
  test("leaves plain words readable", () => {
    for (const shell of ["posix", "fish", "powershell", "cmd"] as const) {
      expect(quote(shell, "bin/sluice.mjs")).toBe("bin/sluice.mjs");
    }
  });

  test("does not let a quote in a folder's name end the argument", () => {
    expect(quote("posix", "it's here")).toBe("'it'\\''s here'");
    expect(quote("fish", "it's \\ here")).toBe("'it\\'s \\\\ here'");
    expect(quote("powershell", "it's here")).toBe("'it''s here'");
    expect(quote("cmd", 'say "x"')).toBe('"say \\"x\\""');
  });

  test("does not let a dollar be read as a variable", () => {
    expect(quote("posix", "$HOME")).toBe("'$HOME'");
    expect(quote("powershell", "$env:X")).toBe("'$env:X'");
  });
});

describe("commandLine", () => {
  test("calls a quoted program in PowerShell, which would print it otherwise", () => {
    expect(commandLine("powershell", ["C:/My Node/node", "x"])).toBe("& 'C:/My Node/node' x");
  });
});

describe("curlCommand", () => {
  const json = '{"ExperimentName":"tumour","ParameterAssignments":{"learning_rate":"1.0"}}';
  const type = '-H "Content-Type: application/json"';

  test("in sh, bash and zsh takes its token in the same line", () => {
    expect(curlCommand("posix", call)).toBe(
      `curl -sS -X POST -H "Authorization: Bearer $(node bin/sluice.mjs token)" ${type} -d '${json}' ${url}`,
    );
  });

  test("in fish works without the dollar, which old versions refuse", () => {
    expect(curlCommand("fish", call)).toBe(
      `curl -sS -X POST -H "Authorization: Bearer "(node bin/sluice.mjs token) ${type} -d '${json}' ${url}`,
    );
  });

  test("in PowerShell pipes the body, since versions differ in how they pass quotes", () => {
    expect(curlCommand("powershell", { ...call, platform: "win32" })).toBe(
      `'${json}' | curl.exe -sS -X POST -H "Authorization: Bearer $(node bin/sluice.mjs token)" ${type} -d "@-" ${url}`,
    );
    expect(curlCommand("powershell", call)).toContain("| curl -sS");
  });

  test("in cmd, which has no substitution, takes the token with for", () => {
    expect(curlCommand("cmd", call)).toBe(
      `for /f "delims=" %t in ('node bin/sluice.mjs token') do @curl -sS -X POST -H "Authorization: Bearer %t" ` +
        `${type} -d "${json.replaceAll('"', '\\"')}" ${url}`,
    );
  });
});
