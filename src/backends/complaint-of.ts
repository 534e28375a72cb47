import type { ChildProcess } from 'node:child_process';

const LINES = 5;

/**
 * Waits for the end of a command whose standard error is a pipe.
 *
 * @returns null where it did its work; else the last lines that it said, to stand indented under a sentence
 */
export async function complaintOf(child: ChildProcess): Promise<string | null> {
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const status = await new Promise((resolve) => {
    child.on('close', resolve);
    child.on('error', resolve);
  });
  return status === 0 ? null : said.trim().split('\n').slice(-LINES).join('\n  ');
}
