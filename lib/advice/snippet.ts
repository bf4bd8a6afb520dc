/** Advice as TypeScript, to be pasted. */
import type { AdvisedGroup } from "./advise.js";

/**
 * A function that makes the groups of parameters, from whatever looks them up by name.
 *
 * @example new Optimizer(groups((...names) => names.map((name) => parameters[name])))
 */
export function snippetOf(groups: readonly AdvisedGroup[]): string {
  const recipes = [...new Set(groups.map(({ optimizer }) => optimizer.name))].sort();
  return [
    `import { ${recipes.join(", ")}, type Parameter, type ParameterGroup } from "lean-optim";`,
    "",
    "/** From a function that finds parameters, each with its name, data and shape. */",
    "export const groups = (find: (...names: string[]) => Parameter[]): ParameterGroup[] => [",
    ...groups.flatMap(({ optimizer: { name, options }, names }) => [
      "  {",
      ...(options.onRefresh === "rotate" ? ["    // Of all dimensions: ordinary momentum."] : []),
      `    optimizer: ${name}(${Object.keys(options).length === 0 ? "" : literal(options)}),`,
      "    params: find(",
      ...names.map((parameter) => `      ${JSON.stringify(parameter)},`),
      "    ),",
      "  },",
    ]),
    "];",
  ].join("\n");
}

/** JSON with its keys bare where they may be. */
function literal(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).map(([key, entry]) => {
    const name = /^[A-Za-z_$][\w$]*$/.test(key) ? key : JSON.stringify(key);
    return `${name}: ${literal(entry)}`;
  });
  return `{ ${entries.join(", ")} }`;
}
