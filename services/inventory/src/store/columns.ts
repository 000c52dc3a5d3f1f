/** A timestamp as the messages write it: ISO 8601 in UTC, with milliseconds. */
export const iso = (column: string) =>
  `to_char(${column} at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/** Who made and last changed the row of this alias. */
export const stampColumns = (alias: string) => `
  ${iso(`${alias}.created_at`)} as "createdAt", ${alias}.created_by as "createdBy",
  ${iso(`${alias}.updated_at`)} as "updatedAt", ${alias}.updated_by as "updatedBy"`;
