// A few synthesised sounds, off until asked for. No files: an oscillator or noise, and an envelope.

const VOLUME = 0.16;
/** Sounds at once; more is only noise. */
const VOICES_MAX = 14;

export class Sound {
  constructor() {
    this.on = false;
    this.context = null;
    this.voices = 0;
  }

  /** Turns sound on or off; a click is what allows browsers to make any. */
  toggle() {
    this.on = !this.on;
    if (this.on) {
      this.context ??= new AudioContext();
      this.context.resume();
    } else {
      this.context?.suspend();
    }
    return this.on;
  }

  /** `share` is how loud, 0 to 1; `from` and `to` are frequencies in Hz. */
  #tone(type, from, to, seconds, share) {
    const context = this.context;
    if (!this.on || share < 0.03 || this.voices >= VOICES_MAX) return;
    const now = context.currentTime;
    const gain = context.createGain();
    gain.gain.setValueAtTime(VOLUME * share, now);
    gain.gain.exponentialRampToValueAtTime(0.0005, now + seconds);
    gain.connect(context.destination);
    const source = type === "noise" ? this.#noise() : context.createOscillator();
    let out = source;
    if (type === "noise") {
      out = context.createBiquadFilter();
      out.type = "lowpass";
      source.connect(out);
    } else {
      source.type = type;
    }
    out.frequency.setValueAtTime(from, now);
    out.frequency.exponentialRampToValueAtTime(to, now + seconds);
    out.connect(gain);
    this.voices += 1;
    source.onended = () => {
      this.voices -= 1;
      gain.disconnect();
    };
    source.start(now);
    source.stop(now + seconds);
  }

  #noise() {
    const context = this.context;
    if (!this.buffer) {
      this.buffer = context.createBuffer(1, context.sampleRate, context.sampleRate);
      const samples = this.buffer.getChannelData(0);
      for (let i = 0; i < samples.length; i += 1) samples[i] = Math.random() * 2 - 1;
    }
    const source = context.createBufferSource();
    source.buffer = this.buffer;
    return source;
  }

  shot(weapon, share) {
    if (weapon === "Cannon") this.#tone("sawtooth", 190, 46, 0.3, share);
    else if (weapon === "Scatter") this.#tone("noise", 2600, 300, 0.16, share);
    else if (weapon === "Repeater") this.#tone("square", 980, 420, 0.05, share * 0.4);
    else this.#tone("square", 760, 210, 0.1, share * 0.5);
  }

  hit(share) {
    this.#tone("triangle", 1350, 900, 0.06, share);
  }

  hurt() {
    this.#tone("sawtooth", 130, 60, 0.16, 0.8);
  }

  blast(share) {
    this.#tone("noise", 1100, 50, 0.7, share * 1.4);
  }

  took() {
    this.#tone("triangle", 520, 1250, 0.2, 0.7);
  }
}
