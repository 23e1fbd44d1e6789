/** Door: the end of the app. The host waits a few seconds for it. */
import { app } from "@azure/functions";
import { stopApp } from "./composition";

app.hook.appTerminate(stopApp);
