/** Loaded into every measured process before its own program: tells the bench, when asked, what it has used. */
process.on('message', (message) => {
  if (message !== 'usage') return;
  const { user, system } = process.cpuUsage();
  process.send?.({ usage: { cpuMicroseconds: user + system, residentBytes: process.memoryUsage.rss() } });
});
process.channel?.unref();
process.on('disconnect', () => process.exit(0));
