import js from "@eslint/js";
import { defineConfig } from "eslint/config";
import prettier from "eslint-config-prettier";
import tseslint from "typescript-eslint";

/** Files whose code must be a function of its arguments: no clock, randomness, environment or I/O. */
const pureFiles = [
  "src/model/**/*.ts",
  "src/**/*Orchestrator.ts",
  "src/**/{decide,plan,changeRule,recurrence,occurrences,fingerprint,reuseDecision}.ts",
];

const impure = [
  { name: "Date", message: "Take the instant as an argument." },
  { name: "process", message: "Take configuration as an argument." },
  { name: "setTimeout", message: "Waiting belongs to an activity or a durable timer." },
  { name: "setInterval", message: "Waiting belongs to an activity or a durable timer." },
  { name: "crypto", message: "Take ids and randomness as arguments." },
  { name: "fetch", message: "I/O belongs to an activity or a store." },
];

export default defineConfig(
  { ignores: ["dist/**", "node_modules/**", "coverage/**", ".sluice*/**"] },
  js.configs.recommended,
  {
    files: ["**/*.mjs"],
    languageOptions: {
      globals: {
        process: "readonly",
        console: "readonly",
        setTimeout: "readonly",
        clearTimeout: "readonly",
        URL: "readonly",
        fetch: "readonly",
        performance: "readonly",
        Buffer: "readonly",
      },
    },
  },
  {
    files: ["**/*.cjs"],
    languageOptions: {
      sourceType: "commonjs",
      globals: {
        module: "writable",
        require: "readonly",
        process: "readonly",
        __dirname: "readonly",
        setImmediate: "readonly",
      },
    },
  },
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      "@typescript-eslint/switch-exhaustiveness-check": [
        "error",
        { considerDefaultExhaustiveForUnions: true },
      ],
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/restrict-template-expressions": [
        "error",
        { allowNumber: true, allowBoolean: true },
      ],
      "@typescript-eslint/no-unnecessary-condition": [
        "error",
        { allowConstantLoopConditions: "only-allowed-literals" },
      ],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "no-restricted-syntax": [
        "error",
        { selector: "TSEnumDeclaration", message: "Use a union of string literals." },
      ],
      eqeqeq: "error",
    },
  },
  {
    files: pureFiles,
    rules: {
      "no-restricted-globals": ["error", ...impure],
      "no-restricted-properties": [
        "error",
        { object: "Math", property: "random", message: "Take randomness as an argument." },
      ],
      "@typescript-eslint/no-restricted-imports": [
        "error",
        {
          patterns: [{ regex: "^(node:|@azure/)", message: "Pure files do no I/O.", allowTypeImports: true }],
        },
      ],
    },
  },
  {
    // v1's PascalCase keys stop at the wire: contract/ describes them, api/v1/ speaks them. Keys of v1's YAML files
    // stop at the schemas of the files.
    files: ["src/**/*.ts"],
    ignores: ["src/contract/**", "src/api/v1/**", "src/host/**", "src/model/yaml/*File.ts"],
    rules: {
      "@typescript-eslint/naming-convention": [
        "error",
        {
          selector: ["objectLiteralProperty", "typeProperty"],
          format: ["camelCase", "UPPER_CASE"],
          filter: { regex: "^(AZUREML_|AML_|SLUICE_)", match: false },
        },
        {
          selector: ["objectLiteralProperty", "typeProperty"],
          modifiers: ["requiresQuotes"],
          format: null,
        },
      ],
    },
  },
  {
    files: ["test/**/*.ts", "bench/**/*.ts"],
    rules: {
      "@typescript-eslint/no-non-null-assertion": "off",
      "@typescript-eslint/unbound-method": "off",
    },
  },
  prettier,
);
