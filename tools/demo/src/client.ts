/** An answer of the API as it came. */
export interface Answer {
  status: number;
  headers: Headers;
  // What the story looks at differs from path to path; a missing field shows as undefined and is not as told.
  // biome-ignore lint/suspicious/noExplicitAny: the demo reads JSON as a newcomer's script would
  body: any;
}

export interface Asking {
  as?: string;
  body?: unknown;
  headers?: Record<string, string>;
}

export type Ask = (method: string, path: string, asking?: Asking) => Promise<Answer>;

const timeoutMs = 30_000;

/** Asks the API under `url`, as anybody's script would; each exchange is told to `onExchange`. */
export function openClient(
  url: string,
  onExchange: (method: string, path: string, asking: Asking, answer: Answer) => void,
): Ask {
  return async (method, path, asking = {}) => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: {
        ...(asking.body === undefined ? {} : { "content-type": "application/json" }),
        ...(asking.as ? { authorization: `Bearer ${asking.as}` } : {}),
        ...asking.headers,
      },
      ...(asking.body === undefined ? {} : { body: JSON.stringify(asking.body) }),
      signal: AbortSignal.timeout(timeoutMs),
    });
    const text = await response.text();
    const isJson = response.headers.get("content-type")?.includes("json") ?? false;
    const answer = {
      status: response.status,
      headers: response.headers,
      body: isJson ? JSON.parse(text) : text,
    };
    onExchange(method, path, asking, answer);
    return answer;
  };
}
