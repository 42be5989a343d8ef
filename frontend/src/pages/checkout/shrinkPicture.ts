/** What the server takes at most. */
export const MOST_BYTES = 2 * 1024 * 1024;

/** Longest sides to try, each smaller than the one before. Text on a receipt stays readable. */
const SIDES = [1_600, 1_200, 800];
const QUALITY = 0.85;
const TAKEN_AS_IT_IS = ['image/png', 'image/jpeg', 'image/webp'];

/** This browser cannot show the picture, so it cannot be made smaller either. */
export class UnreadablePicture extends Error {}

/**
 * A picture as a JPEG that the server takes. Drawing it anew also leaves out what a camera wrote into
 * it, such as the place.
 *
 * @throws UnreadablePicture when it is none, or of a kind that neither this browser nor the server
 * knows.
 */
export async function shrinkPicture(file: Blob): Promise<Blob> {
  let picture: ImageBitmap;
  try {
    picture = await createImageBitmap(file);
  } catch {
    if (TAKEN_AS_IT_IS.includes(file.type) && file.size <= MOST_BYTES) return file;
    throw new UnreadablePicture();
  }
  try {
    for (const side of SIDES) {
      const jpeg = await draw(picture, side);
      if (jpeg && jpeg.size <= MOST_BYTES) return jpeg;
    }
  } finally {
    picture.close();
  }
  throw new UnreadablePicture();
}

function draw(picture: ImageBitmap, side: number): Promise<Blob | null> {
  const scale = Math.min(1, side / Math.max(picture.width, picture.height));
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.round(picture.width * scale));
  canvas.height = Math.max(1, Math.round(picture.height * scale));
  const context = canvas.getContext('2d');
  if (!context) return Promise.resolve(null);
  // A JPEG has no transparency: what was see-through shall not turn black.
  context.fillStyle = '#fff';
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(picture, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve, 'image/jpeg', QUALITY));
}
