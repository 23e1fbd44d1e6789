import { describe, expect, test } from "@jest/globals";
import { environmentWarnings, pythonNeeds, withoutSecrets } from "../../../src/compute/local/pythonNeeds";
import type { PackageSource } from "../../../src/model/pythonEnvironment";

const packages = (more: Partial<PackageSource>) => ({
  python: { kind: "packages" as const, version: null, pip: [], conda: [], ...more },
  dockerImage: null,
});

describe("what an environment needs of this machine", () => {
  test("is nothing where v1's SDK made it up, so that its plain steps run everywhere", () => {
    expect(pythonNeeds(null)).toEqual({ kind: "none" });
    for (const version of ["3.8.13", "3.10.18"]) {
      expect(pythonNeeds(packages({ version, pip: ["azureml-defaults~=1.61.0"] }))).toEqual({ kind: "none" });
    }
    expect(pythonNeeds({ ...packages({}), dockerImage: "x" })).toEqual({ kind: "none" });
  });

  test("is the packages without those that the run context stands in for", () => {
    const pip = [
      "azureml-core==1.61",
      "azureml_defaults",
      "azureml-defaults[x]",
      "azureml-train-core",
      "pandas==2",
    ];
    expect(pythonNeeds(packages({ version: "3.11", pip }))).toEqual({
      kind: "packages",
      version: "3.11",
      requirements: ["azureml-train-core", "pandas==2"],
    });
  });

  test("refuses what only conda can install, by its name", () => {
    const needs = pythonNeeds(packages({ conda: ["cudatoolkit=11.3", "conda-forge::libxml2"] }));
    expect(needs).toMatchObject({ kind: "refused" });
    expect(needs).toHaveProperty("reason", expect.stringMatching(/cudatoolkit=11\.3, conda-forge::libxml2/));
  });

  test.each([
    "-r more.txt",
    "-c limits.txt",
    "-e .",
    "--editable=x",
    "./wheel.whl",
    "/tmp/a.whl",
    "C:\\a.whl",
  ])("refuses the requirement %s, which would mean another thing elsewhere", (line) => {
    expect(pythonNeeds(packages({ pip: [line] }))).toMatchObject({ kind: "refused" });
  });

  test("keeps options of an index, and shows no password of it", () => {
    const line = "--extra-index-url https://me:secret@example.com/simple";
    expect(pythonNeeds(packages({ pip: [line, "a"] }))).toMatchObject({ requirements: [line, "a"] });
    expect(withoutSecrets(line)).toBe("--extra-index-url https://****@example.com/simple");
  });

  test("is an interpreter as it is where the user manages it, and none of a name where v1's default stands", () => {
    const managed = (path: string) => ({ python: { kind: "interpreter" as const, path }, dockerImage: null });
    expect(pythonNeeds(managed("/opt/py/bin/python"))).toEqual({
      kind: "interpreter",
      path: "/opt/py/bin/python",
    });
    expect(pythonNeeds(managed("python"))).toEqual({ kind: "none" });
  });
});

test("a Docker image that a person chose is told about; the one below every step of v1 is not", () => {
  expect(environmentWarnings({ ...packages({}), dockerImage: "acme.io/gpu:3" })).toEqual([
    "Docker image acme.io/gpu:3 is recorded but not used: local steps run as processes",
  ]);
  const standard = "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04:1";
  expect(environmentWarnings({ ...packages({}), dockerImage: standard })).toEqual([]);
  expect(environmentWarnings(null)).toEqual([]);
});
