/* The sounds of a draw, as the global `ScreenSound`: made here, no files. Off until somebody at the screen turns them on.
 *
 *   ScreenSound.set(true)   must be called from a press: browsers let no page sound by itself
 *   ScreenSound.tick()      the light has jumped        ScreenSound.won()   the winner is shown */
"use strict";

(function () {
  let context = null;

  function tone(frequency, after, length, loudness) {
    if (!context) return;
    const start = context.currentTime + after;
    const source = context.createOscillator();
    const volume = context.createGain();
    source.frequency.value = frequency;
    volume.gain.setValueAtTime(loudness, start);
    volume.gain.exponentialRampToValueAtTime(0.001, start + length);
    source.connect(volume).connect(context.destination);
    source.start(start);
    source.stop(start + length);
  }

  window.ScreenSound = {
    isOn: () => context !== null,
    set(on) {
      if (on && !context) context = new AudioContext();
      if (!on && context) {
        context.close();
        context = null;
      }
    },
    tick: () => tone(880, 0, 0.05, 0.12),
    won: () => [523, 659, 784, 1047].forEach((frequency, index) => tone(frequency, index * 0.14, 0.7, 0.2)),
  };
})();
