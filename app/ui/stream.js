// Gradio sends what happens through one stream, which the server closes as soon as nothing is under way. Its client takes a
// stream for open until it has read that it is closed: an event that is sent in that moment gets no stream, and what it
// brings never reaches the page. So the answer to an event waits here until the stream has named it, or the client has left
// the stream and opens another. Where the stream broke off, the event fails, and Gradio says that the connection is lost.
{
  const LEAVES = 2_000; // milliseconds after a stream's end in which the client leaves it, if it has read why
  const plain = window.fetch;
  let stream = null; // the one that is open for the client: what it has said, and whether it broke off
  const changes = new EventTarget();
  const change = () => changes.dispatchEvent(new Event('change'));

  async function follow(own, body) {
    try {
      const reader = body.pipeThrough(new TextDecoderStream()).getReader();
      for (let part = await reader.read(); !part.done; part = await reader.read()) {
        own.said += part.value;
        change();
      }
    } catch {
      // the client has left it, or the line is broken
    }
    setTimeout(() => lose(own), LEAVES);
  }

  function lose(own) {
    own.lost = true; // without effect where the client has left it
    change();
  }

  async function opened(input, init) {
    const own = (stream = { said: '', lost: false }); // the client takes it for open from here on
    input?.signal?.addEventListener('abort', () => {
      if (stream === own) stream = null;
      change();
    });
    try {
      const reply = await plain(input, init);
      if (!reply.ok) throw reply;
      const [ours, theirs] = reply.body.tee();
      follow(own, ours);
      return new Response(theirs, reply);
    } catch (problem) {
      lose(own);
      if (problem instanceof Response) return problem;
      throw problem;
    }
  }

  window.fetch = async (input, init) => {
    const address = String(input?.url ?? input);
    if (address.includes('/queue/data')) return opened(input, init);
    const reply = await plain(input, init);
    if (reply.ok && address.includes('/queue/join')) {
      const { event_id } = await reply.clone().json();
      while (stream && !stream.said.includes(event_id)) {
        if (stream.lost) throw new TypeError('the stream broke off');
        await new Promise((go) => changes.addEventListener('change', go, { once: true }));
      }
    }
    return reply;
  };
}
