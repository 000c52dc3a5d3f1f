/** `INV-000001`: six digits, and more once they are used up. */
export function documentNumber(series: string, number: number): string {
  return `${series}-${String(number).padStart(6, "0")}`;
}
