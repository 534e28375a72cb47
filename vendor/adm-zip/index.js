const { npm_command: command, npm_lifecycle_event: event } = process.env;

// `npm ci` fetches npm packages and nothing else. Only Windows' archive is a zip file.
if (event === 'install' && command !== 'rebuild') process.exit(0);
