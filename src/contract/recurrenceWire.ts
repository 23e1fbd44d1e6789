/**
 * When a clock schedule fires, with keys in the code's words and every value as it came: what is a valid
 * recurrence is decided by the model, so that all its problems, unknown keys included, are told together.
 * Source: spec azureml-v1-wire.md §6.5.
 */
import { z } from "zod";
import type { WireType } from "./wireType";

const wireKeys = {
  frequency: "Frequency",
  interval: "Interval",
  startTime: "StartTime",
  timeZone: "TimeZone",
  schedule: "Schedule",
  includeStart: "IncludeStart",
} as const;
const listKeys = { hours: "Hours", minutes: "Minutes", weekDays: "WeekDays" } as const;
const properties = new Map(
  Object.entries({ ...wireKeys, ...listKeys }).map(([property, key]) => [key as string, property]),
);

type Json = Readonly<Record<string, unknown>>;

/** Written with the lists inside `Schedule`, wherever the value has them; null and absent keys are left out. */
export const recurrence: WireType<Json> = {
  schema: z.record(z.string(), z.unknown()).transform(decodeRecurrence),
  encode: encodeRecurrence,
};

function decodeRecurrence(wire: Json): Json {
  return Object.fromEntries(
    givenEntries(wire).map(([key, value]) => [
      properties.get(key) ?? key,
      key === "Schedule" && isObject(value) ? decodeRecurrence(value) : value,
    ]),
  );
}

function encodeRecurrence(value: Json): Json {
  const nested = isObject(value["schedule"]) ? value["schedule"] : {};
  const lists = rename({ ...value, ...nested }, listKeys);
  const wire = rename({ ...value, schedule: Object.keys(lists).length > 0 ? lists : null }, wireKeys);
  if (wire["IncludeStart"] === false) delete wire["IncludeStart"];
  return wire;
}

function rename(from: Json, names: Readonly<Record<string, string>>): Record<string, unknown> {
  const given = new Map(givenEntries(from));
  return Object.fromEntries(
    Object.entries(names).flatMap(([property, key]) =>
      given.has(property) ? [[key, given.get(property)]] : [],
    ),
  );
}

function givenEntries(from: Json): [string, unknown][] {
  return Object.entries(from).filter(([, value]) => value !== null && value !== undefined);
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
