// Photos before they are sent: what they are, whether they can be taken, made smaller where they are too large; and afterwards, as they
// are stored.

const HEAD_BYTES = 16;
const HEIC = new Set(["heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1"]);
const SIDES = [4000, 3200, 2600, 2000, 1600]; // of a photo that is made smaller, in pixels: letters of spines stay readable
const QUALITY = 0.88;
const ANSWER_MS = 30000;

export class NoPhoto extends Error {} // its message is for people

// "jpeg", "png", "webp", "heic", by its first bytes; "" for anything else. Rejects where the file cannot be read.
export async function kindOf(file) {
  const bytes = new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer());
  const text = String.fromCharCode(...bytes);
  if (text.startsWith("\xff\xd8\xff")) return "jpeg";
  if (text.startsWith("\x89PNG\r\n\x1a\n")) return "png";
  if (text.startsWith("RIFF") && text.slice(8, 12) === "WEBP") return "webp";
  if (text.slice(4, 8) === "ftyp" && HEIC.has(text.slice(8, 12))) return "heic";
  return "";
}

// The photo as it may be sent: a file of at most `maxBytes`, held in memory. Throws NoPhoto.
export async function taken(file, maxBytes) {
  const kind = await kindOf(file).catch(() => {
    throw new NoPhoto(`“${file.name}” cannot be read: is it a folder, or still being written?`);
  });
  if (!file.size) throw new NoPhoto(`“${file.name}” is empty.`);
  if (!kind) throw new NoPhoto(`“${file.name}” is no JPEG, PNG, WebP or HEIC photo.`);
  const picture = await decoded(file);
  if (!picture && kind !== "heic") throw new NoPhoto(`“${file.name}” cannot be opened as a picture: is it whole?`);
  try {
    if (file.size <= maxBytes) return { file: new File([await file.arrayBuffer()], file.name, { type: `image/${kind}` }), shrunk: false };
    const smaller = picture && (await shrunk(picture, maxBytes));
    if (smaller) return { file: new File([smaller], `${file.name.replace(/\.\w+$/, "")}.jpg`, { type: "image/jpeg" }), shrunk: true };
  } finally {
    picture?.close();
  }
  const mb = (file.size / 2 ** 20).toFixed(1);
  throw new NoPhoto(`“${file.name}” has ${mb} MB: at most ${maxBytes / 2 ** 20} MB are taken, and this browser cannot make it smaller.`);
}

// Upright, whatever its EXIF says; null where the browser cannot.
async function decoded(file) {
  try {
    return await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch {
    return null;
  }
}

async function shrunk(picture, maxBytes) {
  for (const side of SIDES) {
    const scale = Math.min(1, side / Math.max(picture.width, picture.height));
    const canvas = Object.assign(document.createElement("canvas"), { width: Math.round(picture.width * scale), height: Math.round(picture.height * scale) });
    const pen = canvas.getContext("2d");
    pen.fillStyle = "#fff"; // behind what is transparent
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
    if (blob && blob.size <= maxBytes) return blob;
  }
  return null;
}

// The stored photo as an image of at most `side` pixels, loaded; its address is a blob's. Throws Error with a message for people.
export async function storedPhoto(job, index, side) {
  let reply;
  try {
    const headers = { Authorization: `Bearer ${job.token}` };
    reply = await fetch(`/v1/scan/photos/${job.id}/${index}?side=${side}`, { headers, signal: AbortSignal.timeout(ANSWER_MS) });
  } catch {
    throw new Error("The server cannot be reached just now.");
  }
  if (!reply.ok) throw new Error(reply.status === 404 ? "It is not kept any more." : "The server could not give it.");
  const image = Object.assign(new Image(), { alt: "" });
  image.src = URL.createObjectURL(await reply.blob());
  await image.decode().catch(() => {
    throw new Error("It cannot be opened.");
  });
  return image;
}
