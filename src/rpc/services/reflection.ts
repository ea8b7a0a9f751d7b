/**
 * The standard reflection service of gRPC, by which `grpcurl` learns what can be called and how:
 * version 1, and v1alpha, which tools still ask for first. The two have the same bytes. Whoever may
 * call anything at all may ask.
 *
 * Our own, and not the package of that name, because that one wants its .proto files parsed at run
 * time; here the descriptors are part of the generated code, and are read at the first question.
 */

import type { DescFile, FileRegistry } from "@bufbuild/protobuf";
import { status } from "@grpc/grpc-js";
import { contract } from "../contract.ts";
import {
  ServerReflectionDefinition,
  ServerReflectionRequest,
  ServerReflectionResponse,
} from "../generated/grpc/reflection/v1/reflection.ts";
import * as alpha from "../generated/grpc/reflection/v1alpha/reflection.ts";
import { ROLES } from "../security/role.ts";
import { type Service, service } from "../server/serve.ts";
import { form } from "../wire/form.ts";

const FORMS = {
  request: form<ServerReflectionRequest, ServerReflectionRequest>(
    ServerReflectionRequest,
    (it) => it,
    (it) => it,
  ),
  answer: form<ServerReflectionResponse, ServerReflectionResponse>(
    ServerReflectionResponse,
    (it) => it,
    (it) => it,
  ),
};

export const reflectionService = contract(ServerReflectionDefinition, ROLES, {
  serverReflectionInfo: FORMS,
});
export const alphaReflectionService = contract(alpha.ServerReflectionDefinition, ROLES, {
  serverReflectionInfo: FORMS,
});

/** Both versions, for a server that has these services besides them. */
export function reflectionServices(others: readonly Service[]): Service[] {
  const names = [
    ...others.map(({ contract }) => contract.service),
    reflectionService.service,
    alphaReflectionService.service,
  ].sort();
  async function* serverReflectionInfo(
    requests: AsyncIterable<ServerReflectionRequest>,
  ): AsyncGenerator<ServerReflectionResponse> {
    const files = await loadFiles();
    for await (const request of requests) {
      const { host } = request;
      const messageResponse = answer(request, names, files);
      yield { validHost: host, originalRequest: request, messageResponse };
    }
  }
  return [
    service(reflectionService, { serverReflectionInfo }),
    service(alphaReflectionService, { serverReflectionInfo }),
  ];
}

type Answer = ServerReflectionResponse["messageResponse"];

function answer(
  { messageRequest }: ServerReflectionRequest,
  names: readonly string[],
  files: Files,
): Answer {
  switch (messageRequest?.$case) {
    case "listServices":
      return {
        $case: "listServicesResponse",
        value: { service: names.map((name) => ({ name })) },
      };
    case "fileByFilename":
      return fileAnswer(files.registry.getFile(messageRequest.value), files);
    case "fileContainingSymbol":
      return fileAnswer(fileOf(messageRequest.value, files.registry), files);
    case "fileContainingExtension":
      return refuse(status.NOT_FOUND, "There are no extensions here.");
    case "allExtensionNumbersOfType":
      return {
        $case: "allExtensionNumbersResponse",
        value: { baseTypeName: messageRequest.value, extensionNumber: [] },
      };
    case undefined:
      return refuse(status.INVALID_ARGUMENT, "There is no question.");
  }
}

/** The file of a service, message or enum, or of a method of a service. */
function fileOf(symbol: string, registry: FileRegistry): DescFile | undefined {
  const found = registry.get(symbol) ?? registry.get(symbol.slice(0, symbol.lastIndexOf(".")));
  return found?.file;
}

function fileAnswer(file: DescFile | undefined, files: Files): Answer {
  if (file === undefined) return refuse(status.NOT_FOUND, "There is nothing of this name.");
  const wanted = new Set<DescFile>();
  const want = (one: DescFile): void => {
    if (wanted.has(one)) return;
    wanted.add(one);
    for (const each of one.dependencies) want(each);
  };
  want(file);
  const fileDescriptorProto = [...wanted].map((one) => files.bytesOf(one));
  return { $case: "fileDescriptorResponse", value: { fileDescriptorProto } };
}

function refuse(errorCode: number, errorMessage: string): Answer {
  return { $case: "errorResponse", value: { errorCode, errorMessage } };
}

interface Files {
  readonly registry: FileRegistry;
  bytesOf(file: DescFile): Uint8Array;
}

let loaded: Promise<Files> | undefined;

/** Once, when somebody asks: no job needs them. */
function loadFiles(): Promise<Files> {
  loaded ??= (async () => {
    const [{ createFileRegistry, fromBinary, toBinary }, wkt, { FILE_DESCRIPTOR_SET }] =
      await Promise.all([
        import("@bufbuild/protobuf"),
        import("@bufbuild/protobuf/wkt"),
        import("../generated/descriptors.ts"),
      ]);
    const bytes = Buffer.from(FILE_DESCRIPTOR_SET, "base64");
    const registry = createFileRegistry(fromBinary(wkt.FileDescriptorSetSchema, bytes));
    return { registry, bytesOf: ({ proto }) => toBinary(wkt.FileDescriptorProtoSchema, proto) };
  })();
  return loaded;
}
