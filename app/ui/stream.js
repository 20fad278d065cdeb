// Gradio sends what happens through one stream, which the server closes as soon as nothing is under way. Its client takes a
// stream for open until it has read that it is closed: an event that is sent in that moment gets no stream, and what it
// brings never reaches the page. So the answer to an event waits here until a stream has named it, or the client has left
// the stream and opens another. The stream that names it may be over when the answer comes, and another be open already.
{
  const LEAVES = 500; // milliseconds after a stream's end in which the client has surely left it
  let left = false; // Gradio's client breaks its streams off when the page is left, and would log that; the browser closes them anyway
  addEventListener('beforeunload', () => { left = true; });
  const fetched = window.fetch;
  const plain = (input, init) => {
    if (!input?.signal) return fetched(input, init);
    const own = new AbortController();
    input.signal.addEventListener('abort', () => setTimeout(() => left || own.abort())); // the client hears first that one leaves
    return fetched(input, { ...init, signal: own.signal });
  };
  let stream = null; // the one that the client takes for open
  const named = new Set(); // the events that any stream has named
  const changes = new EventTarget();
  const changed = () => changes.dispatchEvent(new Event('change'));

  async function opened(input, init) {
    const own = (stream = {}); // the client takes it for open from here on
    const leave = () => {
      if (stream === own) stream = null;
      changed();
    };
    input?.signal?.addEventListener('abort', leave);
    try {
      const reply = await plain(input, init);
      if (!reply.ok) throw reply;
      const [ours, theirs] = reply.body.tee();
      follow(ours).then(() => setTimeout(leave, LEAVES));
      return new Response(theirs, reply);
    } catch (problem) {
      leave();
      if (problem instanceof Response) return problem;
      throw problem;
    }
  }

  async function follow(body) {
    try {
      const reader = body.pipeThrough(new TextDecoderStream()).getReader();
      let rest = '';
      for (let part = await reader.read(); !part.done; part = await reader.read()) {
        const messages = (rest + part.value).split('\n\n');
        rest = messages.pop();
        for (const message of messages) named.add(message.match(/"event_id":"(\w+)"/)?.[1]);
        changed();
      }
    } catch {
      // the client has left it, or the line is broken
    }
  }

  window.fetch = async (input, init) => {
    const address = String(input?.url ?? input);
    if (address.includes('/queue/data')) return opened(input, init);
    const reply = await plain(input, init);
    if (reply.ok && address.includes('/queue/join')) {
      const { event_id } = await reply.clone().json();
      while (stream && !named.has(event_id)) {
        await new Promise((go) => changes.addEventListener('change', go, { once: true }));
      }
    }
    return reply;
  };
}
