/** One server-sent event, or a comment (then only `comment` is set). */
export interface ServerEvent {
  event?: string;
  id?: string;
  data?: string;
  comment?: string;
}

/** The answer to a request for events: the head, and the events until the server ends the stream. */
export interface EventAnswer {
  status: number;
  headers: Headers;
  events: AsyncGenerator<ServerEvent>;
}

/** Opens a stream of server-sent events; it is given up after `timeoutMs`. */
export async function openEvents(
  url: string,
  headers: Record<string, string> = {},
  timeoutMs = 30_000,
): Promise<EventAnswer> {
  const response = await fetch(url, { headers, signal: AbortSignal.timeout(timeoutMs) });
  return { status: response.status, headers: response.headers, events: readEvents(response) };
}

/** All events until the server ends the stream. */
export async function allEvents(url: string, headers: Record<string, string> = {}): Promise<ServerEvent[]> {
  const { events } = await openEvents(url, headers);
  const found: ServerEvent[] = [];
  for await (const event of events) found.push(event);
  return found;
}

async function* readEvents(response: Response): AsyncGenerator<ServerEvent> {
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      yield readEvent(text.slice(0, end));
      text = text.slice(end + 2);
    }
  }
}

function readEvent(block: string): ServerEvent {
  const fields = block.split('\n').map((line) => {
    const colon = line.indexOf(':');
    const name = colon === 0 ? 'comment' : line.slice(0, colon);
    return [name, line.slice(colon + 1).trimStart()];
  });
  return Object.fromEntries(fields) as ServerEvent;
}
