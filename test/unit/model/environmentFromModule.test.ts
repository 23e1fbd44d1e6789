import { describe, expect, test } from "@jest/globals";
import { environmentFromModule, settingsOfEnvironment } from "../../../src/model/environmentFromModule";
import { isStandardImage, type PythonEnvironment } from "../../../src/model/pythonEnvironment";

const read = (settings: Readonly<Record<string, string>>, runConfiguration: string | null = null) =>
  environmentFromModule({ setting: (name) => settings[name] ?? "", runConfiguration });

const configured = (environment: unknown) => read({}, JSON.stringify({ environment }));

const packages = (
  more: Partial<Extract<PythonEnvironment["python"], { kind: "packages" }>>,
  dockerImage: string | null = null,
) => ({
  ok: true,
  value: { python: { kind: "packages", version: null, pip: [], conda: [], ...more }, dockerImage },
});

describe("the environment of an uploaded step", () => {
  test("takes version, pip part and conda part from the run configuration that v1's SDK sends", () => {
    const dependencies = [
      "python=3.10.18",
      "conda-forge::libxml2=2.9",
      "pip=24",
      { pip: ["azureml-defaults~=1.61.0", " pandas==2.2.2 "] },
    ];
    expect(
      configured({
        name: "train",
        python: {
          userManagedDependencies: false,
          interpreterPath: "python",
          condaDependencies: { dependencies },
        },
        docker: { baseImage: "acme.azurecr.io/gpu:3" },
      }),
    ).toEqual(
      packages(
        {
          version: "3.10.18",
          pip: ["azureml-defaults~=1.61.0", "pandas==2.2.2"],
          conda: ["conda-forge::libxml2=2.9"],
        },
        "acme.azurecr.io/gpu:3",
      ),
    );
  });

  test.each([
    ["python=3.10", "3.10"],
    ["python==3.10.4", "==3.10.4"],
    ["python >=3.9, <3.12", ">=3.9,<3.12"],
    ["python 3.9", "3.9"],
    ["python=3.8.13=h12debd9_0", "3.8.13"],
    ["python", null],
  ])("reads the conda entry %p as the version %p", (entry, version) => {
    const dependencies = [entry, { pip: ["a"] }];
    expect(configured({ python: { condaDependencies: { dependencies } } })).toEqual(
      packages({ version, pip: ["a"] }),
    );
  });

  test("does not take a package whose name begins with python for Python", () => {
    const dependencies = ["python-dateutil=2.8", "pip-tools"];
    expect(configured({ python: { condaDependencies: { dependencies } } })).toEqual(
      packages({ conda: ["python-dateutil=2.8", "pip-tools"] }),
    );
  });

  test("uses the named interpreter only when the user manages dependencies, as v1 does", () => {
    const python = { interpreterPath: "/opt/py/bin/python" };
    expect(configured({ python })).toEqual({ ok: true, value: null });
    expect(configured({ python: { ...python, userManagedDependencies: true } })).toEqual({
      ok: true,
      value: { python: { kind: "interpreter", path: "/opt/py/bin/python" }, dockerImage: null },
    });
    expect(configured({ python: { userManagedDependencies: true } })).toMatchObject({
      value: { python: { path: "python" } },
    });
  });

  test("lets module parameters win over the run configuration", () => {
    const configuration = JSON.stringify({ environment: { docker: { baseImage: "b" } } });
    const settings = { CondaDependencies: '{"dependencies":[{"pip":["a"]}]}' };
    expect(read(settings, configuration)).toEqual(packages({ pip: ["a"] }));
  });

  test("is nothing where nothing is said, and refused where it is no environment", () => {
    expect(read({})).toEqual({ ok: true, value: null });
    expect(read({}, "no JSON")).toEqual({ ok: true, value: null });
    expect(configured({ name: "default-environment" })).toEqual({ ok: true, value: null });
    expect(configured({ python: { condaDependencies: "conda.yml" } })).toMatchObject({
      ok: false,
      field: "Runconfig",
    });
    expect(read({ CondaDependencies: "[" })).toMatchObject({
      ok: false,
      field: "CondaDependencies",
      received: "[",
    });
  });

  test("reads its own settings back", () => {
    const environment: PythonEnvironment = {
      python: { kind: "packages", version: ">=3.9,<3.12", pip: ["a==1"], conda: ["b=2"] },
      dockerImage: "image",
    };
    expect(read(Object.fromEntries(settingsOfEnvironment(environment)))).toEqual({
      ok: true,
      value: environment,
    });
  });

  test("knows the images that v1 puts below every step from those that a person chose", () => {
    expect(isStandardImage("mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04:20240905.v1")).toBe(true);
    expect(isStandardImage("acme.azurecr.io/azureml/openmpi:1")).toBe(false);
  });
});
