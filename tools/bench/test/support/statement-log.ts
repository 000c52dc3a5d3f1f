import { readFileSync } from "node:fs";
import { withClient } from "../../src/invariants";

/** One statement that a server ran. */
export interface LoggedStatement {
  /** The `application_name` of its connection. */
  readonly application: string;
  /** In one form: without line breaks, quotes around names, and the case of letters. */
  readonly text: string;
}

/** From now on the server writes every statement into its log. As superuser. */
export async function logStatements(adminUrl: string): Promise<void> {
  await withClient(adminUrl, async (client) => {
    await client.query("alter system set log_statement = 'all'");
    await client.query("alter system set log_line_prefix = '<%a> '");
    await client.query("select pg_reload_conf()");
  });
}

/** An entry: its prefix, and `execute <name>:` before the text where it came with parameters. Further lines begin with a tab. */
const entry = /^<(.*?)> LOG: {2}(?:statement|execute [^:]*): (.*(?:\n\t.*)*)/gm;

/** The statements in a server's log from this byte on. */
export function statementsIn(logFile: string, from: number): LoggedStatement[] {
  const text = readFileSync(logFile).subarray(from).toString("utf8");
  return [...text.matchAll(entry)].map(([, application = "", statement = ""]) => ({
    application,
    text: inOneForm(statement),
  }));
}

function inOneForm(statement: string): string {
  return statement
    .toLowerCase()
    .replaceAll('"', "")
    .replaceAll(/\s+/g, " ")
    .replaceAll(/\s*([(),])\s*/g, "$1")
    .trim();
}
