import express from "express";
import { problem } from "./problem";

// UTF-8 only, as RFC 8259 has it: what looks for escapes below looks at bytes.
const charset = /^charset=(?:utf-8|"utf-8")$/;
/** Longer than any Content-Type of JSON; what is longer need not be taken apart. */
const typeLengthMax = 200;
/** Deeper than any request of ours; what is nested deeper is refused before anything walks through it. */
const depthMax = 20;

type Request = express.Request;
type Response = express.Response;

/** Reads a JSON object out of a request's body; no body is an empty object. Throws a 400, 413 or 415 problem. */
export type BodyReader = (request: Request, response: Response) => Promise<unknown>;

export function bodyReader(limitBytes: number): BodyReader {
  // Compressed bodies are refused (inflate: false): a small one could unpack to a large one.
  const parse = express.json({
    limit: limitBytes,
    strict: false,
    inflate: false,
    type: () => true,
    verify: noteEscapes,
  });
  return async (request, response) => {
    const { headers } = request;
    if (headers["content-length"] === "0" || (!headers["content-length"] && !headers["transfer-encoding"]))
      return {};
    if (!isJson(headers["content-type"])) {
      throw problem("unsupported_media_type", "The body must be sent as Content-Type: application/json.");
    }
    await new Promise<void>((resolve, reject) => {
      parse(request, response, (error?: unknown) =>
        error ? reject(toProblem(error, limitBytes)) : resolve(),
      );
    });
    const body: unknown = request.body;
    if (typeof body !== "object" || body === null || Array.isArray(body)) {
      throw problem("invalid_input", "The body must be a JSON object.");
    }
    if (response.locals.escapes) refuseUnstorable(body, 0);
    return body;
  };
}

function isJson(header = ""): boolean {
  if (header.length > typeLengthMax) return false;
  const [type, ...parameters] = header.split(";").map((part) => part.trim().toLowerCase());
  return type === "application/json" && parameters.every((part) => part === "" || charset.test(part));
}

// Characters that no database text can hold arrive as \u escapes only, since raw control characters are no JSON.
function noteEscapes(_request: unknown, response: unknown, raw: Buffer): void {
  if (raw.includes("\\u")) (response as Response).locals.escapes = true;
}

/** Refuses NUL and halves of surrogate pairs in names and values of any depth. */
function refuseUnstorable(value: unknown, depth: number): void {
  if (depth > depthMax) throw problem("invalid_input", `The body is nested deeper than ${depthMax} levels.`);
  if (typeof value === "string") {
    if (!isStorable(value))
      throw problem(
        "invalid_input",
        "The body contains a character that is not text (NUL or half of a pair).",
      );
  } else if (typeof value === "object" && value !== null) {
    for (const [key, entry] of Object.entries(value)) {
      refuseUnstorable(key, depth + 1);
      refuseUnstorable(entry, depth + 1);
    }
  }
}

export function isStorable(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: NUL is what is looked for
  return !/\u0000|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(text);
}

function toProblem(error: unknown, limitBytes: number) {
  const { type, status, message } = error as { type?: string; status?: number; message?: string };
  if (type === "entity.too.large") {
    return problem("body_too_large", `The body is larger than ${limitBytes} bytes.`);
  }
  if (type === "entity.parse.failed")
    return problem("malformed_json", `The body is not valid JSON: ${brief(message)}.`);
  if (status === 415)
    return problem("unsupported_media_type", "The body must be plain UTF-8 JSON, not compressed.");
  if (status !== undefined && status < 500)
    return problem("malformed_request", "The body could not be read.");
  return error;
}

function brief(message = "it cannot be parsed"): string {
  return message.slice(0, 120).replace(/\.$/, "");
}
