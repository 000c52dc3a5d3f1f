/** Counts requests that are not answered yet, so that a stopping instance knows when it holds none any more. */
export class UnderWay {
  private count = 0;
  private quiet: (() => void)[] = [];

  begin(): void {
    this.count += 1;
  }

  end(): void {
    this.count -= 1;
    if (this.count > 0) return;
    for (const tell of this.quiet.splice(0)) tell();
  }

  /** Resolves when nothing is under way, or when the patience is over. */
  async none(patienceMs: number): Promise<void> {
    if (this.count === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, patienceMs);
      this.quiet.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}
