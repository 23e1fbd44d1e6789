/** Literal values as v1 writes them: text beside the name of a type. */
import type { InterfaceParameter } from "../contract/graph";
import type { ModuleParameter } from "../contract/graphModule";
import type { LiteralType, LiteralValue } from "./definition";
import { coerceLiteral, literalText } from "./parameters";

const interfaceTypes = { int: "Int", float: "Double", bool: "Bool", string: "String" } as const;

/** The type word of a pipeline parameter. */
export const interfaceTypeOf = (type: LiteralType): InterfaceParameter["type"] => interfaceTypes[type];

/** v1's Python client declares a boolean as `Int`; its default tells them apart. */
export function literalTypeOf({ type, defaultValue }: InterfaceParameter): LiteralType {
  switch (type) {
    case "Int":
      return defaultValue !== null && coerceLiteral("bool", defaultValue) !== undefined ? "bool" : "int";
    case "Double":
      return "float";
    case "Bool":
      return "bool";
    case "String":
    case "Unidentified":
      return "string";
  }
}

/** The type word of a step's own parameter. */
export function moduleTypeOf(value: LiteralValue): ModuleParameter["type"] {
  if (typeof value === "boolean") return "Bool";
  if (typeof value === "string") return "String";
  return Number.isSafeInteger(value) ? "Int" : "Double";
}

/** The value behind a text; a text that is not of the type, and any text of v1's `String`, is itself. */
export function literalOf(type: ModuleParameter["type"], value: LiteralValue): LiteralValue {
  switch (type) {
    case "Int":
      return coerceLiteral("int", value) ?? value;
    case "Double":
      return coerceLiteral("float", value) ?? value;
    case "Bool":
      return coerceLiteral("bool", value) ?? value;
    case "String":
    case "Undefined":
      return literalText(value);
  }
}
