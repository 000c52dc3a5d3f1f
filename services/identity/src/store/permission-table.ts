import {
  type AnswerOf,
  type ListPermissions,
  type ListRoles,
  type PermissionRule,
  permissions,
  roleCatalog,
  roles,
} from "@quartermaster/contracts";
import { type Reader, sql } from "@quartermaster/messaging";

const upsertRoles = {
  text: `
    insert into roles (name, description, aliases, position)
    select name, description, aliases, position
    from jsonb_to_recordset($1::jsonb) as r (name text, description text, aliases text[], position integer)
    order by name
    on conflict (name) do update
    set description = excluded.description, aliases = excluded.aliases, position = excluded.position`,
};
const upsertPermissions = {
  text: `
    insert into permissions (name, about, position)
    select name, about, position from jsonb_to_recordset($1::jsonb) as p (name text, about text, position integer)
    order by name
    on conflict (name) do update set about = excluded.about, position = excluded.position`,
};
const upsertGrants = {
  text: `
    insert into role_permissions (role, permission, own_only)
    select role, permission, own_only
    from jsonb_to_recordset($1::jsonb) as g (role text, permission text, own_only boolean)
    order by role, permission
    on conflict (role, permission) do update set own_only = excluded.own_only`,
};
const deleteOthers = {
  text: `
    delete from role_permissions as old
    where not exists (
      select from jsonb_to_recordset($1::jsonb) as g (role text, permission text)
      where g.role = old.role and g.permission = old.permission)`,
};
const deleteUnknown = { text: "delete from permissions where name <> all ($1::text[])" };

/**
 * Writes roles and permissions as the contracts have them. The contracts decide; the tables show them to whoever looks
 * with SQL, and to `GET /permissions`. May be repeated, also by two instances at once.
 */
export async function writePermissionTable(db: Reader): Promise<void> {
  const rules = Object.entries<PermissionRule>(permissions);
  const roleRows = roles.map((name, position) => ({ name, position: position + 1, ...roleCatalog[name] }));
  const permissionRows = rules.map(([name, { about }], position) => ({
    name,
    about,
    position: position + 1,
  }));
  const grants = rules.flatMap(([permission, rule]) =>
    rule.roles.map((role) => ({ role, permission, own_only: rule.own.includes(role) })),
  );
  await db.rows(upsertRoles, [JSON.stringify(roleRows)]);
  await db.rows(upsertPermissions, [JSON.stringify(permissionRows)]);
  await db.rows(upsertGrants, [JSON.stringify(grants)]);
  await db.rows(deleteOthers, [JSON.stringify(grants)]);
  await db.rows(deleteUnknown, [rules.map(([name]) => name)]);
}

const roleRows = sql("roles-list", "select name, description, aliases from roles order by position");

export function listRoles(db: Reader): Promise<AnswerOf<typeof ListRoles>["data"]> {
  return db.rows(roleRows);
}

const permissionRows = sql(
  "permissions-list",
  `select p.name as permission, p.about,
     array_agg(r.name order by r.position) as roles,
     coalesce(array_agg(r.name order by r.position) filter (where rp.own_only), '{}') as own
   from permissions p
   join role_permissions rp on rp.permission = p.name
   join roles r on r.name = rp.role
   group by p.name order by p.position`,
);

export function listPermissions(db: Reader): Promise<AnswerOf<typeof ListPermissions>["data"]> {
  return db.rows(permissionRows);
}
