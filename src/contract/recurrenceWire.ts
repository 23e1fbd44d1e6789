/**
 * When a clock schedule fires, with keys and enums in the code's words and every value as it came: what is a
 * valid recurrence is decided by the model, so that all its problems are told together. Source: spec azureml-v1-wire.md §6.5.
 */
import { z } from "zod";
import { findName, type WireType } from "./wireType";

const frequencies = ["Month", "Week", "Day", "Hour", "Minute"] as const;
const weekDays = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"] as const;
const keys = {
  frequency: "Frequency",
  interval: "Interval",
  startTime: "StartTime",
  timeZone: "TimeZone",
  schedule: "Schedule",
} as const;
const scheduleKeys = { hours: "Hours", minutes: "Minutes", weekDays: "WeekDays" } as const;

type Json = Readonly<Record<string, unknown>>;

/** Absent and null keys are left out; nothing is validated beyond being an object. */
export const recurrence: WireType<Json> = {
  schema: z.record(z.string(), z.unknown()).transform(decodeRecurrence),
  encode: encodeRecurrence,
};

function decodeRecurrence(wire: Json): Json {
  const value = rename(wire, invert(keys));
  if (value["frequency"] !== undefined) value["frequency"] = toName(frequencies, value["frequency"]);
  if (!isObject(value["schedule"])) return value;
  const schedule = rename(value["schedule"], invert(scheduleKeys));
  if (Array.isArray(schedule["weekDays"])) {
    schedule["weekDays"] = schedule["weekDays"].map((day) => toName(weekDays, day));
  }
  return { ...value, schedule };
}

function encodeRecurrence(value: Json): Json {
  const wire = rename(value, keys);
  return isObject(wire["Schedule"]) ? { ...wire, Schedule: rename(wire["Schedule"], scheduleKeys) } : wire;
}

function rename(from: Json, names: Readonly<Record<string, string>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(names)
      .map(([key, renamed]) => [renamed, from[key]] as const)
      .filter(([, value]) => value !== undefined && value !== null),
  );
}

function invert(names: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(names).map(([property, key]) => [key, property]));
}

function toName(names: readonly string[], value: unknown): unknown {
  return typeof value === "string" || typeof value === "number" ? (findName(names, value) ?? value) : value;
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
