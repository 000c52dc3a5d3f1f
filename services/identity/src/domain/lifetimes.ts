import { accessTokenSecondsMax } from "@quartermaster/contracts";

/** How long the things last that identity gives out (DOMAIN.md, Identity and access). */
export const accessTokenSeconds = accessTokenSecondsMax;
export const refreshTokenSeconds = 24 * 60 * 60;
/** However often a session is refreshed, after this its user gives the password again. */
export const sessionSeconds = 30 * 24 * 60 * 60;
/**
 * How long an exchanged refresh token is answered with its successor once more. Two tabs that refresh at once, or a
 * client whose answer was lost and who asks again, are done within it (a gateway gives up after 10 s).
 */
export const graceSeconds = 15;
