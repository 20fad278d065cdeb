// Gradio sends what happens through one stream, which the server closes as soon as nothing is under way. Its client takes a
// stream for open until it has read that it is closed: an event that is sent in that moment gets no stream, and what it
// brings never reaches the page. So the answer to an event waits here until the stream has named it, or the client has left
// the stream and opens another.
{
  const LEAVES = 200; // milliseconds after its end in which the client leaves a stream
  const plain = window.fetch;
  let stream = null; // what the open one has said so far
  const changes = new EventTarget();
  const changed = () => changes.dispatchEvent(new Event('change'));

  async function follow(body, signal) {
    const own = (stream = { said: '' });
    const leave = () => {
      if (stream === own) stream = null;
      changed();
    };
    signal?.addEventListener('abort', leave);
    try {
      const reader = body.pipeThrough(new TextDecoderStream()).getReader();
      for (let part = await reader.read(); !part.done; part = await reader.read()) {
        own.said += part.value;
        changed();
      }
    } catch {
      // the client has left it
    }
    setTimeout(leave, LEAVES);
  }

  window.fetch = async (input, init) => {
    const reply = await plain(input, init);
    const address = String(input?.url ?? input);
    if (reply.ok && address.includes('/queue/data')) {
      const [ours, theirs] = reply.body.tee();
      follow(ours, input?.signal);
      return new Response(theirs, reply);
    }
    if (reply.ok && address.includes('/queue/join')) {
      const { event_id } = await reply.clone().json();
      while (stream && !stream.said.includes(event_id)) {
        await new Promise((go) => changes.addEventListener('change', go, { once: true }));
      }
    }
    return reply;
  };
}
