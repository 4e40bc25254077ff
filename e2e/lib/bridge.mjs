// Both ends of the bridge, as docs/protocol.md names them.
import { AbiCoder, keccak256 } from "ethers";
import { artifact } from "./contracts.mjs";
import { eventually } from "./wait.mjs";

export const L2_MESSAGE_BRIDGE = "0x0500000000000000000000000000000000000001";
export const L2_TOKEN_BRIDGE = "0x0500000000000000000000000000000000000002";
export const FEE_VAULT = "0x0500000000000000000000000000000000000004";
export const L1_MESSAGE_BRIDGE = "0x0500000000000000000000000000000000000011";
export const L1_ROLLUP = "0x0500000000000000000000000000000000000012";

const MESSAGE_FIELDS = ["address", "address", "uint256", "uint256", "bytes", "uint256"];
const abi = AbiCoder.defaultAbiCoder();

export const messageHash = ({ sender, target, value, gasLimit, data, nonce }) =>
  keccak256(abi.encode(MESSAGE_FIELDS, [sender, target, value, gasLimit, data, nonce]));

/** The message that an L2 transaction sent, once a batch on L1 holds it; `request` sends one JSON-RPC request to L2. */
export function provenMessage(request, l2TransactionHash) {
  return eventually(`a batch holds the message of ${l2TransactionHash}`, async () => {
    const [message] = await request("rollup_getMessages", [l2TransactionHash]);
    return message.proof && message;
  });
}

const relay = artifact("MessageBridge").abi.find(({ name }) => name === "relayMessageFromL2");

/** The `proof` argument of `initiateWithdrawal`. */
export const withdrawalProof = (message) => abi.encode(relay.inputs.map(abiType), [message, message.proof]);

function abiType({ type, components }) {
  return type === "tuple" ? `tuple(${components.map((part) => `${abiType(part)} ${part.name}`).join(",")})` : type;
}
