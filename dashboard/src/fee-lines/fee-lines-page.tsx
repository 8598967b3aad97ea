export function FeeLinesPage() {
  return null;
}
