import type { Route } from "../route";
import { auditRoutes } from "./audit";
import { billingRoutes } from "./billing";
import { catalogRoutes } from "./catalog";
import { identityRoutes } from "./identity";
import { orderRoutes } from "./orders";

/** Every route of the API. Orders stand first: express looks through them in this order, and they are asked for most. */
export const allRoutes: readonly Route[] = [
  ...orderRoutes,
  ...catalogRoutes,
  ...billingRoutes,
  ...identityRoutes,
  ...auditRoutes,
];
