import { expect, test } from "@jest/globals";
import { runPython, pythonPath, tumourFolder } from "./interpreter";

/** Prints what is wrong with the Python files below the given folders: newer syntax, imports from outside. */
const check = `
import ast, os, sys
files = [os.path.join(at, name) for root in sys.argv[1:] for at, _, names in os.walk(root) for name in names if name.endswith(".py")]
own = {"azureml", "sluice_step"} | {os.path.basename(name)[:-3] for name in files}
standard = getattr(sys, "stdlib_module_names", None)
for name in files:
    with open(name, encoding="utf-8") as file:
        tree = ast.parse(file.read(), name, feature_version=(3, 8))
    for node in ast.walk(tree):
        wanted = [item.name for item in node.names] if isinstance(node, ast.Import) else [node.module] if isinstance(node, ast.ImportFrom) else []
        for module in wanted:
            if standard and module.split(".")[0] not in standard and module.split(".")[0] not in own:
                print(name, "imports", module)
print(len(files) > 15)
`;

test("Python sources parse as 3.8 and import the standard library alone", () => {
  expect(runPython(["-c", check, pythonPath, tumourFolder])).toEqual({
    exitCode: 0,
    stdout: "True\n",
    stderr: "",
  });
});
