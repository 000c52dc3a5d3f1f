/** An answer as it came over HTTP. */
export interface Answer {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: a test looks at whatever came, and compares it
  body: any;
}

export interface Asking {
  as?: string;
  body?: unknown;
  /** Sent as it is, in place of `body`. */
  raw?: string | Uint8Array<ArrayBuffer>;
  headers?: Record<string, string>;
}

export type Ask = (method: string, path: string, asking?: Asking) => Promise<Answer>;

const timeoutMs = 40_000;

export function openApi(url: string): Ask {
  return async (method, path, { as, body, raw, headers } = {}) => {
    const payload = raw ?? (body === undefined ? undefined : JSON.stringify(body));
    const response = await fetch(`${url}${path}`, {
      method,
      headers: {
        ...(payload === undefined ? {} : { "content-type": "application/json" }),
        ...(as ? { authorization: `Bearer ${as}` } : {}),
        ...headers,
      },
      ...(payload === undefined ? {} : { body: payload }),
      signal: AbortSignal.timeout(timeoutMs),
    });
    const text = await response.text();
    const isJson = response.headers.get("content-type")?.includes("json") ?? false;
    return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
  };
}

/** A problem as RFC 9457 and DOMAIN.md have it, of this status and code. */
export function problem(status: number, code: string | RegExp, more: Record<string, unknown> = {}) {
  return {
    status,
    body: expect.objectContaining({
      type: expect.any(String),
      title: expect.stringMatching(/\S/),
      status,
      detail: expect.stringMatching(/\S{3}.*\s/),
      code: typeof code === "string" ? code : expect.stringMatching(code),
      errors: expect.any(Array),
      request_id: expect.stringMatching(/\S/),
      ...more,
    }),
    type: "application/problem+json",
  };
}

/** The parts of an answer that {@link problem} compares. */
export function asProblem({ status, body, headers }: Answer) {
  return { status, body, type: headers.get("content-type")?.split(";")[0] };
}
