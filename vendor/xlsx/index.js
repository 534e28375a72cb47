function refuse() {
  throw new Error('Spreadsheets (xlsx) are not supported in this kit: save the sheet as CSV and read that.');
}
module.exports = { read: refuse, readFile: refuse, writeFile: refuse, utils: new Proxy({}, { get: () => refuse }) };
