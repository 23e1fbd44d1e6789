import { describe, expect, test } from "@jest/globals";
import { parseConfig } from "../../../src/workspace/config";

const enough = { AzureWebJobsStorage: "UseDevelopmentStorage=true", SLUICE_DATA_DIR: "/data" };

describe("the app's settings", () => {
  test.each(["1", "1000"])("let %s local steps run at once", (SLUICE_STEPS_AT_ONCE) => {
    const parsed = parseConfig({ ...enough, SLUICE_STEPS_AT_ONCE });
    expect(parsed).toMatchObject({
      ok: true,
      value: { local: { stepsAtOnce: Number(SLUICE_STEPS_AT_ONCE) } },
    });
  });

  test("let at least two local steps run at once unless they say otherwise", () => {
    const parsed = parseConfig(enough);
    expect(parsed.ok && parsed.value.local?.stepsAtOnce).toBeGreaterThanOrEqual(2);
  });

  test.each([
    [undefined, 20e9],
    ["0.5", 5e8],
    ["100000", 1e14],
  ])("let local steps leave %p gigabytes on the disk", (SLUICE_DISK_LIMIT_GB, diskLimitBytes) => {
    const parsed = parseConfig({ ...enough, SLUICE_DISK_LIMIT_GB });
    expect(parsed).toMatchObject({ ok: true, value: { local: { diskLimitBytes } } });
  });

  test.each(["0", "-1", "1e9", "much", ""])("report %j as a limit of the disk", (SLUICE_DISK_LIMIT_GB) => {
    const parsed = parseConfig({ ...enough, SLUICE_DISK_LIMIT_GB });
    expect(parsed).toMatchObject({ ok: false, problems: [{ field: "SLUICE_DISK_LIMIT_GB" }] });
  });

  test.each(["0", "-1", "1.5", "1001", "many", ""])(
    "report %j as a number of steps, together with all else that is wrong",
    (SLUICE_STEPS_AT_ONCE) => {
      const parsed = parseConfig({ SLUICE_STEPS_AT_ONCE });
      const fields = parsed.ok ? [] : parsed.problems.map(({ code, field }) => `${code} ${field}`);
      expect(fields).toEqual(["SettingMissing AzureWebJobsStorage", "SettingInvalid SLUICE_STEPS_AT_ONCE"]);
    },
  );
});
