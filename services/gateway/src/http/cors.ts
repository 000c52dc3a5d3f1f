import type { IncomingMessage, ServerResponse } from "node:http";
import cors from "cors";

/** Names that a browser's script may read beside the usual ones. */
const exposedHeaders = ["ETag", "Location", "Preference-Applied", "Retry-After", "X-Request-Id"];
const preflightMaxAgeS = 600;

/** Says what browsers need to hear, and answers preflights; everything else goes on to `next`. */
export type CrossOrigin = (
  request: IncomingMessage,
  response: ServerResponse,
  next: (error?: unknown) => void,
) => void;

/** For pages of these origins, separated by commas, or of all (`*`). */
export function crossOriginFor(origins: string): CrossOrigin {
  const list = origins.split(",").map((origin) => origin.trim());
  const handler = cors({
    origin: list.includes("*") ? "*" : list,
    methods: ["GET", "HEAD", "POST", "PATCH", "PUT", "DELETE"],
    exposedHeaders,
    maxAge: preflightMaxAgeS,
  }) as CrossOrigin;
  // A bare OPTIONS is no preflight: the route answers it with what it allows.
  return (request, response, next) => {
    const isBare = request.method === "OPTIONS" && !request.headers["access-control-request-method"];
    if (isBare) next();
    else handler(request, response, next);
  };
}
