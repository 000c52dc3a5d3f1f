import { type RefusalCode, refusals } from "@quartermaster/contracts";
import { problem, problemOfRefusal } from "./problem";
import { refusalStatuses } from "./refusal-statuses";

const refusal = (code: RefusalCode, details: Record<string, unknown> = {}) => ({
  code,
  message: refusals[code],
  details,
});

test.each([
  ["insufficient_stock", 400],
  ["unknown_product", 400],
  ["use_adjustment", 400],
  ["invalid_credentials", 401],
  ["forbidden", 403],
  ["not_found", 404],
  ["credit_limit_exceeded", 409],
  ["customer_blocked", 409],
  ["email_taken", 409],
  ["transition_not_allowed", 409],
  ["version_conflict", 409],
  ["too_many_attempts", 429],
] as const)("the refusal %s is a %d", (code, status) => {
  expect(problemOfRefusal(refusal(code)).body("r")).toEqual({
    type: `urn:quartermaster:problem:${code.replaceAll("_", "-")}`,
    title: refusalStatuses[code].title,
    status,
    detail: refusals[code],
    code,
    errors: [],
    request_id: "r",
  });
});

test("a version conflict is a 412 for whoever sent If-Match", () => {
  const found = problemOfRefusal(refusal("version_conflict", { version: 4 }), { ifMatch: true });
  expect(found.body("r")).toMatchObject({
    status: 412,
    title: "Precondition failed",
    code: "version_conflict",
    version: 4,
  });
});

test("details become members in REST names, and never replace a problem's own", () => {
  const details = { orderId: "o", creditLimitMinor: 5_000, status: "x", title: "y", requestId: "z" };
  expect(problemOfRefusal(refusal("credit_limit_exceeded", details)).body("r")).toMatchObject({
    order_id: "o",
    credit_limit: 50,
    status: 409,
    title: "Credit limit exceeded",
    request_id: "r",
  });
});

test("a refusal that says when to come back is a 429 with Retry-After", () => {
  const headersOf = (details: Record<string, unknown>) =>
    problemOfRefusal(refusal("too_many_attempts", details)).headers;
  expect(headersOf({ retryAfterMs: 1_200 })).toEqual({ "Retry-After": "2" });
  expect(headersOf({ retryAfterSeconds: 30 })).toEqual({ "Retry-After": "30" });
  expect(headersOf({})).toEqual({ "Retry-After": "2" });
});

test("a refusal of a newer service is a 409 with its own sentence", () => {
  const newer = { code: "moon_phase" as RefusalCode, message: "Not tonight.", details: {} };
  expect(problemOfRefusal(newer).body("r")).toMatchObject({
    status: 409,
    code: "moon_phase",
    detail: "Not tonight.",
  });
});

test("503 and 429 of the gateway say when to come back", () => {
  expect(problem("service_unavailable", "x").headers).toEqual({ "Retry-After": "2" });
  expect(problem("invalid_input", "x").headers).toEqual({});
});

test("a field that its service refuses is told under its REST name", () => {
  expect(problemOfRefusal(refusal("forbidden", { field: "meterRateMinor" })).body("r")).toEqual({
    type: "urn:quartermaster:problem:forbidden",
    title: "Forbidden",
    status: 403,
    detail: "meter_rate may be set by ADMIN and MANAGER only.",
    code: "forbidden",
    errors: [{ field: "meter_rate", message: "meter_rate may be set by ADMIN and MANAGER only." }],
    request_id: "r",
  });
  const facts = { field: "items", productId: 3 };
  expect(problemOfRefusal(refusal("bad_request", facts)).body("r")).toMatchObject({
    code: "invalid_input",
    errors: [{ field: "items", message: `items: ${refusals.bad_request}` }],
    product_id: 3,
  });
});

test("staff who order for nobody are told which field names somebody", () => {
  const details = { customerId: null, hint: "Say in customerId whom the order is for." };
  const message = "customer_id is required: say whom the order is for.";
  const body = problemOfRefusal(refusal("unknown_customer", details)).body("r");
  expect(body).toMatchObject({ status: 400, detail: message, errors: [{ field: "customer_id", message }] });
  expect(JSON.stringify(body)).not.toContain("customerId");
  expect(problemOfRefusal(refusal("unknown_customer", { customerId: "c" })).body("r").errors).toEqual([]);
});

test("a cursor that its service cannot read is told as a field", () => {
  expect(problemOfRefusal(refusal("bad_request", { field: "after" })).body("r")).toMatchObject({
    status: 400,
    code: "invalid_input",
    errors: [{ field: "after", message: "after must be the next of an earlier page of this list." }],
  });
});
