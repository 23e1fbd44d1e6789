import type { Terminal } from "../terminal";

const text = `sluice: machine-learning pipelines on a clock, on a blob change, or on a call

  sluice start                Run the whole service here until Ctrl-C
      --port N                Port of the HTTP API (7071); storage takes the next two
      --data DIR              Folder of everything that is kept (.sluice in the clone)
      --no-example            Do not create and run the example
      --once                  Stop as soon as the example's run has ended; exit code 0 if it is Finished
      --python PATH           Interpreter of local steps
      --storage CONNECTION    Keep state in this storage account instead of the data folder
  sluice runs                 Newest runs first
      --top N                 How many (20)
  sluice run ID               One run: its steps, why they ended as they did, its metrics
  sluice run FILE             Publish the pipeline of a file (.yml, .yaml, .json) and submit it
      --experiment NAME       Experiment of the run (the file's name)
  sluice check FILE           Whether a pipeline or *.schedule.yml file can be used, every problem with its line
  sluice upload FILE          Write a file into the default datastore
      --to PATH               Folder (with a slash at its end) or path there (inbox/)
  sluice schedule preview ID  When a saved schedule fires next
      --count N               How many slots (10)
  sluice schedule preview     When a recurrence fires, without any service
      --stdin                 One JSON object a line in, one JSON array of its slots a line out
  sluice token                A bearer token for the HTTP API, good for an hour
  sluice help                 This text

runs, run, upload, schedule preview and token take --data DIR as well.
In the clone's folder: npx sluice …, or node bin/sluice.mjs … from anywhere.
Exit codes: 0 done, 1 failed, 2 the command line is wrong.`;

export function help(terminal: Terminal): number {
  terminal.line(text);
  return 0;
}
