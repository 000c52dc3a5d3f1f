import type { Request } from "express";
import { problem } from "./problem";

// UTF-8 only, as RFC 8259 has it: what looks for escapes below looks at bytes.
const charset = /^charset=(?:utf-8|"utf-8")$/;
/** Longer than any Content-Type of JSON; what is longer need not be taken apart. */
const typeLengthMax = 200;
/** Deeper than any request of ours; what is nested deeper is refused before anything walks through it. */
const depthMax = 20;

/**
 * Reads a JSON object out of a request's body; no body is an empty object. Throws a 400, 408, 413 or 415 problem. A
 * stranger has sent no token and gets less time: a request whose body trickles in keeps others out.
 */
export type BodyReader = (request: Request, from: "user" | "stranger") => Promise<unknown>;

/** By hand: `express.json`, which reads much that is refused here, took 7 % of the HTTP side's CPU for an order. */
export function bodyReader({ bytesMax, strangerMs }: { bytesMax: number; strangerMs: number }): BodyReader {
  return async (request, from) => {
    const { headers } = request;
    if (headers["content-length"] === "0" || (!headers["content-length"] && !headers["transfer-encoding"]))
      return {};
    if (!isJson(headers["content-type"])) {
      throw problem("unsupported_media_type", "The body must be sent as Content-Type: application/json.");
    }
    // A small compressed body could unpack to a large one.
    if ((headers["content-encoding"] ?? "identity").toLowerCase() !== "identity")
      throw problem("unsupported_media_type", "The body must be plain UTF-8 JSON, not compressed.");
    const text = utf8.decode(await bytesOf(request, bytesMax, from === "stranger" ? strangerMs : undefined));
    const body = text === "" ? {} : parse(text);
    if (typeof body !== "object" || body === null || Array.isArray(body)) {
      throw problem("invalid_input", "The body must be a JSON object.");
    }
    // Characters that no database text can hold arrive as \u escapes only, since raw control characters are no JSON.
    if (text.includes("\\u")) refuseUnstorable(body, 0);
    return body;
  };
}

/** Leaves out a byte order mark, and reads what is no UTF-8 as U+FFFD. */
const utf8 = new TextDecoder();

/**
 * All bytes of the body. Those beyond the limit are read as well, but not kept, so that the client sees the answer. Without
 * a time of its own the body has that of the whole request (`listen.ts`).
 */
function bytesOf(request: Request, bytesMax: number, withinMs: number | undefined): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const fail = () => reject(problem("malformed_request", "The body could not be read."));
    // A client that has gone away by now sends no further event.
    if (request.destroyed) fail();
    request.on("error", fail);
    request.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= bytesMax) chunks.push(chunk);
    });
    // Nearly always the body has come in the same packet as the headers, and needs no timer.
    if (withinMs !== undefined && !request.complete) {
      const late = setTimeout(() => reject(tooSlow()), withinMs);
      request.once("close", () => clearTimeout(late));
    }
    request.on("end", () => {
      if (bytes > bytesMax) reject(problem("body_too_large", `The body is larger than ${bytesMax} bytes.`));
      else resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks));
    });
  });
}

/** The rest of the body may still come, so no other request can follow on this connection. */
function tooSlow() {
  return problem("request_timeout", "The request did not arrive in time.", {
    headers: { Connection: "close" },
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = (error as Error).message.slice(0, 120).replace(/\.$/, "");
    throw problem("malformed_json", `The body is not valid JSON: ${reason}.`);
  }
}

function isJson(header = ""): boolean {
  if (header === "application/json") return true;
  if (header.length > typeLengthMax) return false;
  const [type, ...parameters] = header.split(";").map((part) => part.trim().toLowerCase());
  return type === "application/json" && parameters.every((part) => part === "" || charset.test(part));
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
