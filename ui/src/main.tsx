import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { worthRetrying } from "./api/problem";
import { router } from "./router";
import "./styles/base.css";
import "./styles/shell.css";
import "./styles/views.css";

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 60_000,
      gcTime: 600_000,
      refetchOnWindowFocus: false,
      retry: (count, error) => count < 2 && worthRetrying(error),
    },
  },
});

const place = document.getElementById("root");
if (place === null) throw new Error("index.html lacks #root");
createRoot(place).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </StrictMode>,
);
