/** The workspace as a client sees it: the address of everything else. */
import { localWorkspace, routesOf, type Routes, type WorkspaceAddress } from "../contract/routes";
import { ServiceClient, type ServiceAddress } from "./serviceClient";

/** Every other class of this library takes the workspace first, as v1's do. */
export class Workspace {
  readonly client: ServiceClient;
  readonly routes: Routes;

  /** `address` is the laptop's workspace unless it is given. Nothing is called until something is asked. */
  constructor(
    readonly service: ServiceAddress,
    readonly address: WorkspaceAddress = localWorkspace,
  ) {
    this.client = new ServiceClient(service);
    this.routes = routesOf(address);
  }
}
