import { describe, expect, test } from "@jest/globals";
import { blobNames } from "../../../src/sdk/datastore";
import { submissionOf } from "../../../src/sdk/submissionValues";

describe("blobNames", () => {
  test("reads names as they are, not as XML writes them", () => {
    const xml =
      '<?xml version="1.0"?><EnumerationResults><Blobs><Blob><Name>a/b &amp; c.csv</Name><Properties/></Blob>' +
      "<Blob><Name>&amp;lt;.txt</Name></Blob></Blobs><NextMarker/></EnumerationResults>";
    expect(blobNames(xml)).toEqual(["a/b & c.csv", "&lt;.txt"]);
  });

  test("finds none in an empty list", () => {
    expect(blobNames("<EnumerationResults><Blobs/></EnumerationResults>")).toEqual([]);
  });
});

describe("submissionOf", () => {
  test("leaves to the published pipeline what the caller did not say", async () => {
    expect(await submissionOf("e", { sourceDirectory: null })).toMatchObject({
      description: "e",
      parameterAssignments: {},
      continueOnStepFailure: null,
      properties: {},
    });
  });

  test("records the state of the named directory, or of the current one, in git", async () => {
    const [named, current] = await Promise.all([
      submissionOf("e", { sourceDirectory: __dirname }),
      submissionOf("e", {}),
    ]);
    expect(named.properties["azureml.git.commit"]).toBe(current.properties["azureml.git.commit"]);
  });
});
