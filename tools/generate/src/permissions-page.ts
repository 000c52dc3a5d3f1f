import { type Permission, permissions, roleCatalog, roles, scopeOf } from "@quartermaster/contracts";
import type { GeneratedFile } from "./files";

const cells = { all: "x", own: "own", none: "" } as const;

/** docs/permissions.md: which role may do what, and what the roles are for. */
export function permissionsPage(): GeneratedFile {
  const rules = Object.keys(permissions).map((name) => {
    const scopes = roles.map((role) => cells[scopeOf(role, name as Permission)]);
    return row(permissions[name as Permission].about, `\`${name}\``, ...scopes);
  });
  const catalog = roles.map((role) =>
    row(role, roleCatalog[role].description, roleCatalog[role].aliases.map((one) => `\`${one}\``).join(", ")),
  );
  const text = [
    "# Permissions",
    "",
    "Generated from `packages/contracts/src/permissions.ts` by `node tools/generate/dist/main.js`; do not edit. The same table is",
    'answered by `GET /permissions`. "own" is for the records of the user\'s own customer account.',
    "",
    row("Capability", "Permission", ...roles),
    row(...["---", "---", ...roles.map(() => ":-:")]),
    ...rules,
    "",
    "## Roles",
    "",
    "Names and aliases are accepted in any case.",
    "",
    row("Role", "Is for", "Also called"),
    row("---", "---", "---"),
    ...catalog,
    "",
  ];
  return { path: "docs/permissions.md", text: text.join("\n") };
}

function row(...columns: string[]): string {
  return `| ${columns.join(" | ")} |`;
}
